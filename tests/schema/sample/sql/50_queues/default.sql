select pgmq.create('default');
